# Slim, not Alpine: the prebuilt native packages are most tested with glibc.
FROM node:24-slim AS build
WORKDIR /app
# What changes rarely comes first, so that the layer with the dependencies is reused.
COPY package.json package-lock.json .npmrc ./
# No scripts: ours would build before there is anything to build, and no dependency needs its own.
RUN npm ci --ignore-scripts --no-audit --no-fund
COPY tsconfig.json tsconfig.build.json ./
COPY scripts/build.mjs scripts/
COPY src src
RUN npm run build && npm prune --omit=dev --no-audit --no-fund

FROM node:24-slim
WORKDIR /app
# HOST: a container is reached from outside. DATABASE_URL is left alone on purpose: its default, ./data/solar-system.db, is
# /app/data here, and gives way to RAILWAY_VOLUME_MOUNT_PATH; a value set here would win over the volume.
ENV NODE_ENV=production HOST=::
COPY --from=build /app/package.json ./
COPY --from=build /app/node_modules node_modules
COPY --from=build /app/dist dist
# The code stays root's, the data are the user's; a named volume mounted here inherits the owner. There is no VOLUME line because
# Railway refuses to build an image that has one: run with `-v solar-system:/app/data`.
RUN mkdir data && chown node:node data
USER node
EXPOSE 8000
HEALTHCHECK --interval=30s --timeout=5s --start-period=15s --retries=3 \
  CMD ["node", "-e", "fetch('http://127.0.0.1:' + (process.env.PORT || 8000) + '/healthz').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
# Node itself is started, not npm, so that SIGTERM reaches it.
CMD ["node", "--enable-source-maps", "dist/server.js"]
