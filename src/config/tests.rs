//! The configuration as a whole: from text to settings, or to every fault with its line and key.
