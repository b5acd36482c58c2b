import type Docker from 'dockerode'
import type { DockerPort } from '../../ports.ts'
import { labelFilter } from './filters.ts'
import { hasStatus, ignoreStatus } from './status.ts'

type ImagePart = Pick<DockerPort, 'image' | 'imageBuiltAt' | 'images' | 'imageBytes' | 'pull' | 'tag' | 'removeImage'>

export const imagePart = (docker: Docker): ImagePart => ({
  image: async (reference) => {
    const found = await docker.getImage(reference).inspect().catch(ignoreStatus(404))
    if (!found) return undefined
    const { Config: config } = found
    return {
      id: found.Id,
      user: config.User ?? '',
      workdir: config.WorkingDir || '/',
    }
  },

  imageBuiltAt: async (container) => {
    const found = await docker.getContainer(container).inspect().catch(ignoreStatus(404))
    const image = found && (await docker.getImage(found.Image).inspect().catch(ignoreStatus(404)))
    const at = Date.parse(image?.Created ?? '')
    // An image without a time says that it is from the year 1.
    return at > 0 ? at : undefined
  },

  images: async (labels, { dangling } = {}) => {
    const filters = { label: labelFilter(labels), ...(dangling === undefined ? {} : { dangling: [String(dangling)] }) }
    const found = await docker.listImages({ filters })
    return found.map(({ Id, RepoTags, Labels }) => ({
      id: Id,
      tags: (RepoTags ?? []).filter((tag) => tag !== '<none>:<none>'),
      labels: Labels ?? {},
    }))
  },

  imageBytes: async () => {
    const { Images }: { Images: { Id: string; Size: number; SharedSize: number }[] | null } = await docker.df()
    return new Map((Images ?? []).map(({ Id, Size, SharedSize }) => [Id, Size - Math.max(0, SharedSize)]))
  },

  pull: async (reference, signal) => {
    const stream = await docker.pull(reference, { abortSignal: signal })
    await new Promise<void>((resolve, reject) => {
      docker.modem.followProgress(stream, (error: Error | null) => (error ? reject(error) : resolve()))
    })
  },

  tag: async (image, repository, tag) => {
    await docker.getImage(image).tag({ repo: repository, tag })
  },

  removeImage: async (reference) => {
    try {
      await docker.getImage(reference).remove()
      return true
    } catch (error) {
      if (hasStatus(error, 404)) return true
      if (hasStatus(error, 409)) return false
      throw error
    }
  },
})
