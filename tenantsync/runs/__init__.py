"""Runs of a tenant: begun, admitted, watched, ended, and told."""
