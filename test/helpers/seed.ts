import fc from 'fast-check'

// A change is judged by the same questions each time; `npm run test:long` asks new ones and prints their seed.
fc.configureGlobal({ seed: Number(process.env.TBS_TEST_SEED ?? 20_261_128) })
