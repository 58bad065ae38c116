export function Page(): void {}
