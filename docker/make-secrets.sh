#!/bin/sh
# Makes what docker-compose.yml needs and nobody should share: a password for each user, the gateway's token, and .env.
# What is there already is kept. To change a secret, delete its file, run this again, then
# `docker compose up --wait --force-recreate`.
set -eu
cd "$(dirname "$0")/.."
directory=docker/secrets
umask 077
mkdir -p "$directory"
# Containers run as other users and see these files as they are here, so the files are readable and the folder is not.
chmod 700 "$directory"

make_secret() {
  [ -s "$directory/$1" ] || head -c 24 /dev/urandom | base64 | tr '+/' '-_' | tr -d '=\n' > "$directory/$1"
}

sha256() {
  if command -v sha256sum > /dev/null; then sha256sum; else shasum -a 256; fi | cut -d ' ' -f 1
}

for name in http_token clickhouse_writer_password clickhouse_reader_password grafana_admin_password; do
  make_secret "$name"
done
# Filled in by hand; see .env.
[ -e "$directory/slack_bot_token" ] || : > "$directory/slack_bot_token"

# ClickHouse is given the hashes only.
cat > "$directory/clickhouse_passwords.xml" <<XML
<clickhouse>
  <users>
    <watchkeeper_writer>
      <password_sha256_hex>$(sha256 < "$directory/clickhouse_writer_password")</password_sha256_hex>
    </watchkeeper_writer>
    <watchkeeper_reader>
      <password_sha256_hex>$(sha256 < "$directory/clickhouse_reader_password")</password_sha256_hex>
    </watchkeeper_reader>
  </users>
</clickhouse>
XML
chmod 644 "$directory"/*

if [ ! -e .env ]; then
  cat > .env <<ENV
# Read by docker compose; not in the repository.
SECRETS_DIRECTORY=./$directory

# Alerts go to the container's log until both are set: put the bot token into $directory/slack_bot_token first.
# SLACK_BOT_TOKEN_FILE=/run/secrets/slack_bot_token
# SLACK_CHANNEL="#agent-alerts"
ENV
fi
echo "Secrets are in $directory, settings in .env. Next: docker compose up --wait"
