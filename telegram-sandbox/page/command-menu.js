import { el } from './elements.js'

/** The list of a bot's commands above the input. `onPick` gets the chosen command's name. */
export const commandMenu = ({ input, onPick }) => {
  const list = el('ul', {
    class: 'command-menu',
    id: 'commands',
    role: 'listbox',
    'aria-label': 'Commands',
    hidden: true,
  })
  const menu = { element: list, open: false, chosen: 0, commands: [] }

  menu.show = (commands) => {
    menu.commands = commands
    menu.chosen = 0
    menu.open = commands.length > 0
    list.hidden = !menu.open
    list.replaceChildren(...commands.map((command, place) => option(command, place, onPick)))
    mark()
  }
  menu.hide = () => menu.show([])
  menu.move = (steps) => {
    menu.chosen = (menu.chosen + steps + menu.commands.length) % menu.commands.length
    mark()
  }
  menu.current = () => menu.commands[menu.chosen]?.command

  const mark = () => {
    for (const [place, item] of [...list.children].entries()) {
      item.setAttribute('aria-selected', String(place === menu.chosen))
      if (place === menu.chosen) item.scrollIntoView({ block: 'nearest' })
    }
    if (menu.open) input.setAttribute('aria-activedescendant', `command-${menu.chosen}`)
    else input.removeAttribute('aria-activedescendant')
  }
  return menu
}

const option = ({ command, description }, place, onPick) =>
  el(
    'li',
    {
      role: 'option',
      id: `command-${place}`,
      // The input keeps the focus while a command is clicked.
      onmousedown: (event) => event.preventDefault(),
      onclick: () => onPick(command),
    },
    el('strong', {}, `/${command}`),
    el('span', {}, description),
  )
