import { fullNode, slimNode } from './node.mjs'
import { python } from './python.mjs'
import { tools } from './tools.mjs'

/** @typedef {import('./stand-in.mjs').Recipe} Recipe */

/**
 * A public image, and how its stand-in is made. `start` needs it, or `test`; or, where there is no registry, a
 * repository's own Dockerfile may (`offline`): Docker pulls such an image by itself where there is one.
 * @typedef {{ image: string, use: 'start' | 'test' | 'offline', recipe: Recipe }} BaseImage
 */

/** @type {Recipe} */
const debian = { write: () => [] }

const node20 = slimNode(20)
const node22 = slimNode(22)
const node24 = slimNode(24)
const fullNode24 = fullNode(node24)

/**
 * @param {BaseImage['use']} use
 * @param {[Recipe, ...string[]][]} list
 * @returns {BaseImage[]}
 */
const all = (use, list) => list.flatMap(([recipe, ...images]) => images.map((image) => ({ image, use, recipe })))

/**
 * No tag with `alpine`: a stand-in made from Debian would have neither its apk nor its C library.
 * @type {BaseImage[]}
 */
export const BASE_IMAGES = [
  ...all('start', [[node24, 'node:24-bookworm-slim']]),
  ...all('test', [
    [node20, 'node:20-bookworm-slim'],
    [node22, 'node:22-bookworm-slim'],
    [python, 'python:3.11-slim-bookworm', 'python:3.12-slim-bookworm', 'python:3.13-slim-bookworm'],
  ]),
  ...all('offline', [
    [debian, 'debian:bookworm-slim'],
    [node20, 'node:20-slim'],
    [node22, 'node:22-slim'],
    [node24, 'node:24-slim'],
    [fullNode(node20), 'node:20'],
    [fullNode(node22), 'node:22'],
    [fullNode24, 'node:24', 'node:lts'],
    [python, 'python:3.11-slim', 'python:3.12-slim', 'python:3.13-slim'],
    [tools, 'python:3.11', 'python:3.12', 'python:3.13'],
  ]),
]
