"""The whole chain: label maps, training, translation, report."""
