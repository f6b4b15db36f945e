"""BatchNorm with what follows it, forward and backward as one, in several ways."""
