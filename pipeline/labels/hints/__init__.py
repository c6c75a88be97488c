"""What to say of labels that cannot be used: found out from the case at hand, and checked before it is said."""
