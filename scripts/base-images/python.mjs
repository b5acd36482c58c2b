import { CA_BUNDLE } from './debian-root.mjs'

/**
 * What is in python:3-slim-bookworm, as far as Debian's packages have it: their Python is 3.11, whatever the name says,
 * and python-telegram-bot 13.15 with two packages that many bots need stands in for a registry of Python packages.
 * @type {import('./stand-in.mjs').Recipe}
 */
export const python = {
  write: () => [
    `RUN ${[installed(PACKAGES), ...LIKE_THE_PUBLIC_IMAGE].join(' && ')}`,
    `ENV LANG=C.UTF-8 SSL_CERT_FILE=${CA_BUNDLE} REQUESTS_CA_BUNDLE=${CA_BUNDLE}`,
    'CMD ["python3"]',
  ],
}

const PACKAGES = [
  ...['ca-certificates', 'python3', 'python3-pip', 'python3-venv'],
  ...['python3-python-telegram-bot', 'python3-dotenv', 'python3-requests'],
]

const LIKE_THE_PUBLIC_IMAGE = [
  // There pip installs into the system's Python.
  'rm -f /usr/lib/python3*/EXTERNALLY-MANAGED',
  'for name in python python3; do ln -s /usr/bin/python3 /usr/local/bin/$name; done',
  'for name in pip pip3; do ln -s /usr/bin/pip3 /usr/local/bin/$name; done',
]

/** @param {string[]} packages */
export const installed = (packages) =>
  `apt-get update && apt-get install -y --no-install-recommends ${packages.join(' ')} && rm -rf /var/lib/apt/lists/*`
