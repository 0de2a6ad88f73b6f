#!/bin/sh
# Backs up the SQLite database of a running server, with its secret, and deletes backups that are too old.
#
#   sh examples/backup.sh FOLDER DAYS
#
# Run it where `data` and `dist` are: in the checkout, or in /app of the container. If the backup fails, nothing is deleted.
set -eu

folder=${1:?the folder for the backups is missing}
days=${2:?the number of days to keep backups is missing}
case $days in *[!0-9]* | 0*) echo "$days is not a number of days from 1 on." >&2 && exit 2 ;; esac

umask 077
mkdir -p "$folder"
name=$folder/solar-system-$(date -u +%Y-%m-%dT%H%M%SZ)
# This script may itself come from standard input, which the command must not read.
node dist/cli.js backup "$name.db" </dev/null
if [ -f data/secret ]; then
  cp data/secret "$name.secret"
else
  echo 'There is no data/secret: keep a copy of SECRET, or of the secret beside your database. Without it this backup is useless.' >&2
fi

find "$folder" -maxdepth 1 -type f \( -name 'solar-system-*.db' -o -name 'solar-system-*.secret' \) \
  -mmin "+$((days * 1440))" -exec rm -f {} +
