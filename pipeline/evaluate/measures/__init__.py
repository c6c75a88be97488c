"""From what was measured to figures with a judgement: a module for each kind."""
