"""source-controller: fetches sources and stores them as artifacts."""
