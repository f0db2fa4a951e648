"""The public test kit: embedded cluster, Git servers, controllers as processes, builders of objects."""
