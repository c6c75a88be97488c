"""Training from a folder of clear and a folder of rainy pictures."""
