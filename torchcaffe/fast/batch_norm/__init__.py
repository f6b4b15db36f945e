"""BatchNorm fused with the layers after it, forward and backward; several implementations."""
