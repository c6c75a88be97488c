"""Label maps of pictures: from mmsegmentation's networks, or out of a data set's ground truth."""
