/** A number of bytes for people, in decimal units as disks are sold: "0 MB", "340 MB", "1.2 GB". */
export const size = (bytes: number): string =>
  bytes < 999.5e6 ? `${Math.round(bytes / 1e6)} MB` : `${(bytes / 1e9).toFixed(1)} GB`
