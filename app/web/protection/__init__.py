"""What every request meets before a route does: hosts, proxies, cross-site writes, bodies, headers, rates."""
