"""What a build works on: resources and their identities, field specifications, what is known of Kubernetes."""
