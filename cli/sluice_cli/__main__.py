"""`python -m sluice_cli`, for where the script is not on the path."""

from sluice_cli.main import main

if __name__ == "__main__":
    main()
