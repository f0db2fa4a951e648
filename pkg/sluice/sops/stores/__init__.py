"""The formats of documents: text to ordered pairs, and back. One module each; `formats` chooses."""
