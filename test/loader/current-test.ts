/** The test that stands for the file that is being loaded. */
let current

export const currentTest = () => current

export const setCurrentTest = (t) => void (current = t)
