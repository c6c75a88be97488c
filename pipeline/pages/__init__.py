"""What pages of several commands share: the template and its policy, words, pictures within a page."""
