"""What changes resources: one module for each kind of change, called with what to change it to and where."""
