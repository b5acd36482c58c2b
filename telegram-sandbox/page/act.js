/** What the acting person does, carried out by the sandbox. Each rejects with what it says. */
export const say = (store, { place }, text) => post('/say', { person: store.me, ...place, text })

export const press = (store, { place: { chat } }, { message_id }, button) =>
  post('/press', { person: store.me, chat, message_id, button })

export const sendFile = async (store, { place }, { file, caption }) =>
  post('/file', { person: store.me, ...place, name: file.name, content: await base64(file), caption })

const post = async (path, body) => {
  const headers = { 'content-type': 'application/json' }
  const response = await fetch(path, { method: 'POST', headers, body: JSON.stringify(body) }).catch(() => {
    throw new Error('The sandbox does not answer')
  })
  const answer = await response.json()
  if (!response.ok) throw new Error(answer.error)
  return answer
}

const base64 = (file) =>
  new Promise((resolve, reject) => {
    const reader = new FileReader()
    reader.onload = () => resolve(reader.result.split(',')[1] ?? '')
    reader.onerror = () => reject(new Error(`${file.name} can't be read`))
    reader.readAsDataURL(file)
  })
