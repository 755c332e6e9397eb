"""What was, over days: our lines beside what people charged, and our ledger beside the EHR. Reads; changes nothing.

shadow        agreement of derived and charged lines, causes in a coder's words, money both ways
tie-out       every charge of the ledger beside the ChargeItem that the EHR holds under its identifier
"""
