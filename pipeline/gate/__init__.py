"""Whether the object in a box is still there in the rain."""
