/** A number of bytes for people, in decimal units as disks are sold: "0 MB", "340 MB", "1.2 GB". */
export const size = (bytes: number): string =>
  bytes < 999.5e6 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`

/** Of one file, which may be small: "3 KB". */
export const fileSize = (bytes: number): string => (bytes < 999_500 ? `${Math.ceil(bytes / 1000)} KB` : size(bytes))

/** Of memory, in the units that limits are given in: 512m is "512 MB". */
export const memorySize = (bytes: number): string => {
  const megabytes = bytes / 1024 ** 2
  return megabytes < 1024 ? `${Math.round(megabytes)} MB` : `${Number((megabytes / 1024).toFixed(1))} GB`
}
