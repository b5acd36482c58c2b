import { request } from 'node:http'
import { createInterface } from 'node:readline'

// The least that tells of crashes: Docker's events, and one message for each of them. It knows nothing of restarts that
// were asked for, of loops or of what came before. Arguments: label, address of the Bot API with the token, chat.

const [label = '', api = '', chat = ''] = process.argv.slice(2)

const filters = JSON.stringify({ type: ['container'], event: ['die'], label: [label] })
const path = `/v1.41/events?filters=${encodeURIComponent(filters)}`

request({ socketPath: '/var/run/docker.sock', path }, (answer) => {
  console.log('listening')
  createInterface({ input: answer }).on('line', (line) => {
    const { name, exitCode } = JSON.parse(line).Actor.Attributes
    const body = JSON.stringify({ chat_id: Number(chat), text: `${name} exited with code ${exitCode}` })
    const sent = fetch(`${api}/sendMessage`, { method: 'POST', headers: { 'content-type': 'application/json' }, body })
    sent.catch(console.error)
  })
}).end()
