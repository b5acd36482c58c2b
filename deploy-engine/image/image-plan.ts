/** How an image is made and what is known of running it; each way of building a repository gives one of these. */
export type ImagePlan = {
  kind: string
  /** Full text. */
  dockerfile: string
  /** Where the text belongs, relative to the build context. */
  dockerfilePath: string
  /** The build context, relative to the repository; '' is the whole of it. */
  context: string
  args: Record<string, string>
  /** The stage that is built, if it is not the last one. */
  target?: string
  /** Why the classic builder can't build it, for people; absent: it can. */
  buildkit?: string
  /** Text of the .dockerignore, where ours replaces the repository's. */
  ignore?: string
  /** Replaces the image's own command. */
  command?: string[]
  /** Variables that the repository sets for its own container. */
  env: Record<string, string>
  volumes: string[]
  evidence: string[]
}
