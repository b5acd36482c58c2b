// Everything on the page is built from elements and text nodes: what a bot writes never becomes markup.

const SVG = 'http://www.w3.org/2000/svg'
const ICONS = {
  back: 'M15 5l-7 7 7 7',
  send: 'M4.5 12l-1-7.5L21 12 3.5 19.500l1-7.500zm0 0H12',
  down: 'M6 9.500l6 6 6-6',
  file: 'M7 3.500h6.500L18 8v12.500H7zM13.500 3.500V8H18',
  link: 'M9 15l7-7M10 8h6v6',
  slash: 'M14.500 6l-5 12',
  clip: 'M8 12.500l6.300-6.300a3 3 0 0 1 4.300 4.300l-7.800 7.800a5 5 0 0 1-7-7L11 4',
  pin: 'M9 4h6l-1 6 3 3H7l3-3zM12 13v7',
  forward: 'M13 6l6 5-6 5v-3.200C8.500 12.800 6 14.500 5 18c0-5 2.500-8.500 8-9z',
  copy: 'M9 9h9.500v10.500H9zM6 15H5V4.500h9.500V6',
}
const TINTS = 7

/** An element. Functions in `properties` are listeners, `false` and `undefined` leave an attribute out. */
export const el = (tag, properties = {}, ...children) => {
  const element = document.createElement(tag)
  for (const [name, value] of Object.entries(properties)) {
    if (typeof value === 'function') element.addEventListener(name.replace(/^on/, ''), value)
    else if (value !== undefined && value !== false) element.setAttribute(name, value === true ? '' : value)
  }
  element.append(...children.flat().filter((child) => child !== undefined && child !== null && child !== false))
  return element
}

export const icon = (name) => {
  const svg = document.createElementNS(SVG, 'svg')
  const path = document.createElementNS(SVG, 'path')
  svg.setAttribute('viewBox', '0 0 24 24')
  svg.setAttribute('class', 'icon')
  svg.setAttribute('aria-hidden', 'true')
  path.setAttribute('d', ICONS[name])
  svg.append(path)
  return svg
}

export const avatar = (name, kind = 'bot') =>
  el(
    'span',
    { class: `avatar ${kind} tint-${tintOf(name)}`, 'aria-hidden': 'true' },
    kind === 'topic' ? '#' : initials(name),
  )

// The id of a tint for a name: FNV-1a, so that names which differ little differ in colour.
export const tintOf = (name) =>
  [...name].reduce((hash, letter) => Math.imul(hash ^ letter.codePointAt(0), 16_777_619) >>> 0, 2_166_136_261) % TINTS

export const timeText = (seconds) =>
  new Date(seconds * 1000).toLocaleTimeString([], { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' })

export const dayText = (seconds) => {
  const day = new Date(seconds * 1000)
  const daysAgo = Math.round((startOfDay(new Date()) - startOfDay(day)) / 86_400_000)
  if (daysAgo < 2) return daysAgo === 0 ? 'Today' : 'Yesterday'
  const sameYear = day.getFullYear() === new Date().getFullYear()
  return day.toLocaleDateString([], { day: 'numeric', month: 'long', ...(sameYear ? {} : { year: 'numeric' }) })
}

/** For the chat list: the time of today's messages, the date of older ones. */
export const shortWhen = (seconds) => {
  const day = new Date(seconds * 1000)
  if (startOfDay(day) - startOfDay(new Date()) === 0) return timeText(seconds)
  return day.toLocaleDateString([], { day: 'numeric', month: 'short' })
}

export const sizeText = (bytes) => {
  if (bytes < 1024) return `${bytes} B`
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(1)} KB` : `${(bytes / 1024 / 1024).toFixed(1)} MB`
}

const startOfDay = (date) => new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime()

const initials = (name) => {
  const words = name.split(/[\s_-]+/).filter(Boolean)
  const letters = words.length > 1 ? [words[0], words[1]].map((word) => [...word][0]) : [...name].slice(0, 1)
  return letters.join('').toUpperCase()
}
