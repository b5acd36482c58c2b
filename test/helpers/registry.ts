import { createHash } from 'node:crypto'
import { once } from 'node:events'
import { readFile } from 'node:fs/promises'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'

/** A registry of npm that has these versions of the package, the last one as its newest. */
export const registryOf = async (
  address: string,
  versions: { version: string; tarball: string }[],
): Promise<{ url: string; close(): Promise<void> }> => {
  const contents = new Map<string, Buffer>()
  for (const { version, tarball } of versions) contents.set(version, await readFile(tarball))
  const server = createServer((request, response) => {
    const wanted = /^\/tbs-manager\/-\/(.+)\.tgz$/.exec(request.url ?? '')?.[1]
    if (wanted === undefined) response.end(JSON.stringify(packument()))
    else response.end(contents.get(wanted))
  })
  server.listen(0, address)
  await once(server, 'listening')
  const url = `http://${address}:${(server.address() as AddressInfo).port}`
  const packument = () => ({
    name: 'tbs-manager',
    'dist-tags': { latest: versions.at(-1)?.version },
    versions: Object.fromEntries(
      [...contents].map(([version, content]) => {
        const integrity = `sha512-${createHash('sha512').update(content).digest('base64')}`
        return [version, { dist: { tarball: `${url}/tbs-manager/-/${version}.tgz`, integrity } }]
      }),
    ),
  })
  return { url, close: async () => void server.close() }
}
