"""What layer types are made of; most of it is common to several."""
