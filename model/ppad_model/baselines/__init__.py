"""What PPJudge is measured against, behind the same interface; each file cites what it follows, and says where it differs."""
