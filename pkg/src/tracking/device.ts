/** What a session event says of the device: no more than its class, its browser's name and the language. */

/** Class of device by its screen and pointer. */
export function deviceType(): 'mobile' | 'tablet' | 'desktop' {
  if (!matchMedia('(pointer: coarse)').matches) return 'desktop';
  return Math.min(screen.width, screen.height) < 600 ? 'mobile' : 'tablet';
}

/** The browser's family, without its version. */
export function browserName(): string {
  const agent = navigator.userAgent;
  if (agent.includes('Firefox/')) return 'Firefox';
  if (agent.includes('Edg/')) return 'Edge';
  if (agent.includes('Chrome/')) return 'Chrome';
  return agent.includes('Safari/') ? 'Safari' : 'other';
}
