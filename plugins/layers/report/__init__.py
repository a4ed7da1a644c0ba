"""One page in which a person sees every presentation table, made from contracts alone.

What is drawn follows the contract: units share a panel, sums are bars and balances lines, ratios
are in percent, and nothing is added up that does not add up.
"""
