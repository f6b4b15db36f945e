"""Parts of layer types; most are used by several."""
