"""What custom resources are held to: the structural schema and the rules of their CRD."""
