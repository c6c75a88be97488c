"""Label maps out of the ground truth of data sets."""
