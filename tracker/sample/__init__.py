"""The story that the program is shown with: real visits and findings from public sources, told through the services."""
