"""How fast it is: ``python -m tests.benchmarks`` measures the product beside a hello-world view (docs/speed.md)."""
