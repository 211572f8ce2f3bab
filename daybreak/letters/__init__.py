"""What messages say: mails and posts made from frozen words; no database, no network."""
