"""The figures of this house, measured on the machine that asks: `make bench`. No test: no time is asserted."""
