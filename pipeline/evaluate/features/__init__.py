"""The features that distances to real rain are measured on."""
