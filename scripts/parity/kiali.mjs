export const kiali = async () => ({ rows: [], total: '0 of 0 cases' });
