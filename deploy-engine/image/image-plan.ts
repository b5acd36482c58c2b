/** How an image is made and what is known of running it; each way of building a repository gives one of these. */
export type ImagePlan = {
  kind: string
  /** Full text. */
  dockerfile: string
  /** Where the text belongs, relative to the build context. */
  dockerfilePath: string
  /** Text of the .dockerignore, where ours replaces the repository's. */
  ignore?: string
  /** Replaces the image's own command. */
  command?: string[]
  volumes: string[]
  evidence: string[]
}
