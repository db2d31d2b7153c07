-- For `vim.lsp.enable('altac')` of Neovim 0.11 and later.
return {
    cmd = { 'altac', 'lsp' },
    filetypes = { 'alta' },
    root_markers = { '.git' },
}
