import type { DockerPort } from '../../../deploy-engine/ports.ts'
import type { Call } from './call.ts'
import { BASE_IMAGE, type Daemon, findImage, hasLabels, type MemoryImage } from './daemon.ts'
import { refused } from './refused.ts'

type ImagePart = Pick<DockerPort, 'image' | 'imageBuiltAt' | 'images' | 'imageBytes' | 'pull' | 'tag' | 'removeImage'>

const IMAGE_BYTES = 50 * 1024 * 1024

export const imagePart = (call: Call): ImagePart => ({
  image: (reference) =>
    call((daemon) => {
      const found = findImage(daemon, reference)
      return found && { id: found.id, user: found.user, workdir: found.workdir }
    }),

  imageBuiltAt: (container) => call(({ machines }) => machines.get(container)?.image.builtAt),

  images: (labels, { dangling } = {}) =>
    call(({ images }) =>
      [...images.values()]
        .filter((image) => hasLabels(image.labels, labels))
        .filter(({ tags }) => dangling === undefined || dangling === (tags.size === 0))
        .map(({ id, tags, labels }) => ({ id, tags: [...tags], labels })),
    ),

  imageBytes: () => call(({ images }) => new Map([...images.keys()].map((id) => [id, IMAGE_BYTES]))),

  pull: (reference) =>
    call(() => {
      if (reference !== BASE_IMAGE) throw refused(404, `pull access denied for ${reference}`)
    }),

  tag: (reference, repository, tag) =>
    call((daemon) => {
      refuseBadReference(`${repository}:${tag}`)
      const image = imageOf(daemon, reference)
      for (const { tags } of daemon.images.values()) tags.delete(`${repository}:${tag}`)
      image.tags.add(`${repository}:${tag}`)
    }),

  removeImage: (reference) => call((daemon) => remove(daemon, reference)),
})

export const imageOf = (daemon: Daemon, reference: string): MemoryImage => {
  const found = findImage(daemon, reference)
  if (!found) throw refused(404, `No such image: ${reference}`)
  return found
}

const REFERENCE =
  /^[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*(?:\/[a-z0-9]+(?:(?:[._]|__|-+)[a-z0-9]+)*)*:[\w][\w.-]{0,127}$/

export const refuseBadReference = (reference: string): void => {
  if (!REFERENCE.test(reference)) throw refused(400, 'invalid reference format')
}

const remove = (daemon: Daemon, reference: string): boolean => {
  const image = findImage(daemon, reference)
  if (!image) return true
  if (image.tags.size > 1) return image.tags.delete(reference)
  const used = [...daemon.machines.values()].some((machine) => machine.image === image)
  if (used || image.heldUntil > daemon.clock.now()) return false
  return daemon.images.delete(image.id)
}
