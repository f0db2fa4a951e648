"""Texts that pick something out of objects: label selectors, field selectors, JSON paths.

Pure: a text is parsed once, with the real server's sentence when it cannot be, and then asked of any number of objects.
What a list or a watch does with the choice is `verbs`'.
"""
