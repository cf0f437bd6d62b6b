"""The web face of a campaign: login, the rating page, the admin board. It keeps no state of its own."""
