"""What a net costs: parameters, multiply-adds, bytes, latency."""
