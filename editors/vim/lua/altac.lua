-- The language server in Neovim 0.7 and later:  require('altac').setup()
local M = {}

local config = { cmd = { 'altac', 'lsp' } }

local function root(buffer)
    local file = vim.api.nvim_buf_get_name(buffer)
    local folder = file == '' and vim.loop.cwd() or vim.fn.fnamemodify(file, ':p:h')
    local marker = vim.fn.finddir('.git', vim.fn.fnameescape(folder) .. ';')
    return marker ~= '' and vim.fn.fnamemodify(marker, ':p:h:h') or folder
end

local clients = {}

--- Starts the server for a buffer, or attaches it to the one that runs for its folder.
function M.start(buffer)
    local folder = root(buffer)
    local options = vim.tbl_extend('force', {
        name = 'altac',
        root_dir = folder,
        workspace_folders = { { uri = vim.uri_from_fname(folder), name = vim.fn.fnamemodify(folder, ':t') } },
    }, config)
    if vim.lsp.start then
        return vim.lsp.start(options, { bufnr = buffer })
    end
    if clients[folder] == nil or vim.lsp.get_client_by_id(clients[folder]) == nil then
        clients[folder] = vim.lsp.start_client(options)
    end
    if clients[folder] then
        vim.lsp.buf_attach_client(buffer, clients[folder])
    end
    return clients[folder]
end

--- Starts the server whenever an altac program is opened. `options` may hold what `vim.lsp.start` takes, such as
--- `cmd = { '/path/to/altac', 'lsp' }` or `on_attach`.
function M.setup(options)
    config = vim.tbl_extend('force', config, options or {})
    local group = vim.api.nvim_create_augroup('altac', { clear = true })
    vim.api.nvim_create_autocmd('FileType', {
        group = group,
        pattern = 'alta',
        callback = function(event)
            M.start(event.buf)
        end,
    })
end

return M
